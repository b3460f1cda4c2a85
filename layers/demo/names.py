# SPDX-License-Identifier: MIT
"""Names: colonias by kind and city, and themes for the streets of a development, as developers in the region choose them."""

POPULAR = """Vencedora|Nuevo México|Francisco Villa|Emiliano Zapata|Lázaro Cárdenas|Benito Juárez|Santiago Ramírez|La Dalia|La Rosita|Santa Rosa Sur|
Los Arenales|El Pacífico|Plan de Ayala|Plan de San Luis|Vicente Guerrero|Miguel Hidalgo|José María Morelos|Tierra y Libertad|Nueva Laguna Norte|Nueva Laguna Sur|
División del Norte|Primero de Mayo|Cinco de Mayo|Veinte de Noviembre|Dieciséis de Septiembre|La Unión Popular|La Fe|La Esperanza|La Paz Oriente|El Kiosco|
Las Julietas|Las Luisas|Las Dalias|Las Carolinas Sur|Los Nogales|Los Sauces Sur|Los Mezquites|Los Álamos|El Dorado|El Roble|
Braulio Fernández Aguirre|Nazario Ortiz Garza|Felipe Ángeles|Genaro Vázquez|Rubén Jaramillo|Otilio Montaño|Valle Verde|Valle Oriente|Valle de las Noas|Cerro de la Cruz|
Cerro de las Noas|Buenos Aires|Maclovio Herrera|Rincón La Merced|La Merced Sur|Antigua Aceitera|La Joya|La Joyita|Los Reales|Las Alamedas|
Torreón 2000|Sección 38|Sección 147|Pancho Villa Norte|Jacobo Meyer|Luis Echeverría|José R. Mijares|Aquiles Serdán|Martín Carrera|Loma Real|
Ana|San Joaquín|San Miguel|San Felipe Sur|San Agustín Popular|San Antonio de los Bravos|Santa Sofía|Santa Elena|Santa María Popular|Santa Cecilia|
Independencia|Revolución|Constitución del 17|Reforma Agraria|Solidaridad|Progreso|Progreso Social|Obrera|Del Obrero|Ferrocarrilera|
Magisterial|Burócrata|Campesina|Las Huertas Popular|Los Ladrilleros|El Consuelo|El Amparo|La Amistad|La Concordia|La Libertad|
Chapala|Brittingham|El Foce|El Mezquital|Las Playas|Bellas Artes Sur|Rincón del Nazas|Ribereña|La Alianza|El Refugio|
Mayagoitia|Tlahualilo|Elías Treviño|Otto Schott|Nueva Rosita|Héctor Mayagoitia|El Paraíso|Armando del Castillo|Dolores del Río|Rinconada Hamburgo|
Zaragoza Norte|Villa Zapata|Vicente Lombardo|Unidad Antorchista|Tres de Mayo|Santa Anita|Salvador Allende|Rosario Ibarra|Ricardo Flores Magón|Proletaria|Prolongación Centenario|
Pueblo Nuevo|Precursores|Paso del Águila|Nuevo Refugio|Nuevo Amanecer|Nueva Esperanza|Mártires de Río Blanco|María Luisa|Luz y Progreso|Los Comunicadores|López Mateos|
Leona Vicario Popular|Las Vegas|Las Palomas|La Ventana|La Purísima|La Noria|La Amapola|La Alameda Popular|José Revueltas|Jesús González Ortega|Hidalgo Oriente|
Guadalupe Victoria|Gregorio García|Francisco I. Madero Sur|Flores Magón|El Triángulo|El Salvador|El Porvenir|El Mirador|El Cerrito|Dieciocho de Marzo|
Damián Carmona|Cuatro Vientos|Cipriano Campos|Carlos Real|Campo Militar|Boca del Río|Ampliación Santiago Ramírez|Adolfo Ruiz Cortines|Ampliación Vencedora|Ampliación Zaragoza Sur|Ampliación Lázaro Cárdenas|Ampliación Las Julietas|Ampliación Francisco Villa|Ampliación Valle Oriente|Veteranos de la Revolución|Niños Héroes|Héroes de Nacozari|Ejército Constitucionalista"""

MIDDLE = """Nuevo Torreón|Monte Real|Residencial del Norte|Jardines Universidad|Universidad|Villas Universidad|Jardines del Sol|Jardines del Bosque|Rincón San Ángel|Rincón del Bosque|
Fuentes del Sur|Las Fuentes Oriente|Residencial Las Fuentes|Villas Las Fuentes|Fidel Velázquez|La Cortina|Ciudad Nazas|Villas del Renacimiento|Villas del Bosque|Villas del Sol|
Villa Florida|Villa Nápoles|Villa Jacarandas|Villas San Agustín|Rinconada San Agustín|Residencial Tecnológico|Tecnológico|Prados del Oriente|Parque Hundido|Quintas San Isidro|
Quinta Los Nogales|Quintas Campestre|Bosque Real|Bosques del Nazas|Loma Bonita|Lomas del Bosque|Cumbres de la Laguna|Nogalar del Campestre|Sauces del Norte|Los Fresnos|
Los Cipreses|Los Pinos|Las Palmas|Las Quintas|Las Brisas|Las Aves|Las Flores|Las Arboledas|Las Misiones|La Hacienda|
Hacienda San Carlos|Hacienda del Perico|Hacienda Santa Lucía|Real del Sol|Real del Nogalar|Real San Agustín|Valle Dorado|Valle del Nazas|Valle Revolución|Valle Real|
Ampliación Margaritas|Los Periodistas|Los Maestros|Los Abogados|Los Electricistas|Infonavit La Rosita|Infonavit Tierra y Libertad|Fovissste La Rosita|Fovissste Nuevo Los Ángeles|Ivesa|
Prados de la Laguna|Praderas del Norte|Puertas del Sol|Portal del Sol|Paseo del Tecnológico|Paseo de los Nogales|Oasis|Oscar Flores Tapia|Nueva California|Oriente Nuevo|
Santa Bárbara|Santa Fe|Santa Mónica|Santa Teresa|San Carlos|San Alberto|San Marcos|San Patricio|San Fernando|San Ignacio|
Jardines de San Antonio|Jardines del Periférico|Parque Industrial Habitacional|Cerrada del Parque|El Cambio|El Edén|El Centenario|El Oasis|El Secreto|El Sacrificio Nuevo|
Miravalle|Mirador de las Noas|Morelos Norte|Madero|Chapultepec|Cuauhtémoc|Colinas de la Laguna|Cortijo del Río|Dunas del Norte|Estación Nazas|
Vista Alegre|Virreyes|Villa Universitaria|Villa del Parque|Valle Campestre|Universitaria|Tabachines|Sierra Madre|San Rafael|San José|San Jerónimo|Rincón Colonial|Real de los Álamos|
Primavera|Privanzas|Pedregal del Valle|Paseo Real|Parques de la Laguna|Nueva Laguna|Mirasierra|Los Encinos|Los Almendros|Loma Larga|La Salle|La Alhambra|Jardines de la Noas|
Jardines Reforma|Hacienda Los Nogales|Girasoles|Fuentes del Valle|Fundadores|El Vergel Residencial|El Rosario|Ejidal Norte|Doctores|Del Bosque|Deportiva|Condesa|
Colonial|Ciudad Jardín|California|Cantabria|Bosque de los Ahuehuetes|Barcelona|Asturias|Arboledas|Andalucía|Alameda Oriente|Acueducto|
Bugambilias|Buenavista|Campo Nuevo|Casa Blanca|Cedros|Del Valle|Floresta|Géminis|Insurgentes|Jacarandas|
Las Américas|Las Granjas|Las Torres|Los Laureles|Los Naranjos|Los Olivos|Los Rosales|Los Portales|Nueva España|Nueva Vizcaya"""

HIGH = """Palma Real|Las Trojes|Las Villas del Campestre|Los Azulejos|Residencial Los Arcos|Residencial La Rioja|San Armando|San Luciano|Montebello|Fraccionamiento Viñedos del Norte|
Las Isabeles|Ibero Residencial|Quintas Laguna|Antigua Los Ángeles|Altozano Nazas|Hacienda El Rosario|Villas de las Perlas|Las Perlas|Ríos del Norte|Rincón del Pedregal|
Portal San Pedro|Los Cedros Residencial|La Muralla|La Cima|La Barranca|El Pedregal|El Origen|El Molino|Club de Golf Viñedos|Campestre Los Nogales|
Country Residencial|Cerrada Los Viñedos|Cerrada San Miguel|Residencial Senderos|Senda Real|Terrazas del Río|Torre Campestre|Villa Toscana|Villa Bonita|Villas del Ángel|
Viña Real|Vista Nazas|Zafiro Residencial|Puerta de Hierro|Privadas del Norte|Paseo San Isidro|Nogales del Campestre|Misión San Isidro|Marsella|Las Lomas del Campestre|
Jardines de los Viñedos|Granada|Fuentes del Campestre|Fincas del Nazas|Encinos|El Cortijo|Dolomita|Castillos del Campestre|Bosques del Campestre|Arboledas del Campestre"""

INDUSTRY = """Parque Industrial Oriente|Parque Industrial Lagunero|Parque Industrial Las Américas|Zona Industrial Norte|Zona Industrial Mieleras|Ferropuerto Laguna|Parque Industrial Durango|
Zona de Talleres|Parque Industrial Amistad|Parque Industrial Ferropuerto|Zona Industrial Carlos Herrera|Parque Industrial Nazas|Zona Industrial Revolución|Parque Tecnológico|Zona Industrial Sur|
Parque Industrial Nogal|Parque Industrial Centenario|Zona Metalúrgica|Parque Industrial Poniente|Parque Industrial Textil|Zona de Almacenes|Parque Industrial Algodonero|Zona Industrial La Unión|
Parque Logístico|Zona Industrial Filadelfia|Parque Industrial San Pedro|Parque Industrial Libramiento|Parque Industrial Gómez Palacio"""

CENTRE = """Primitivo Centro|Primero de Cobián Centro|Segundo de Cobián Centro|Tercero de Cobián Centro|Alameda|Plaza Mayor|Barrio de la Alianza|Mercado Juárez|La Estación|La Constancia|
Barrio Bravo|Colón|Bosque|San Marcos Centro|Barrio Nuevo|Barrio del Santuario|Barrio de San Juan|La Fundición|El Teatro|Las Avenidas|Barrio de Guadalupe|Plaza Juárez|Gran Hotel|La Perla|
El Mercado|Centro Norte|Centro Poniente|Centro Oriente|Centro Sur|Barrio del Carmen|Barrio La Paz|Casa Colorada|El Puente|La Trinidad|Barrio Zaragoza|Barrio Hidalgo"""

# Suffixes for further developments of one name.
MORE = ["Norte", "II", "Sur", "Ampliación", "Oriente", "Poniente"]

THEMES = {
    "flores": "Rosa|Jazmín|Azucena|Clavel|Gardenia|Dalia|Violeta|Geranio|Begonia|Orquídea|Tulipán|Girasol|Amapola|Camelia|Margarita|Alcatraz|Nardo|Lirio|Bugambilia|Crisantemo|Hortensia|Magnolia|Malva|Petunia",
    "árboles": "Nogal|Pino|Fresno|Álamo|Encino|Cedro|Mezquite|Huizache|Sauce|Roble|Eucalipto|Trueno|Ciprés|Palma|Olivo|Naranjo|Limonero|Higuera|Granado|Moral|Pirul|Sabino|Jacaranda|Laurel",
    "ríos": "Río Nazas|Río Aguanaval|Río Bravo|Río Pánuco|Río Balsas|Río Lerma|Río Grijalva|Río Usumacinta|Río Papaloapan|Río Conchos|Río Yaqui|Río Mayo|Río Fuerte|Río Sabinas|Río Salado|Río Tuxpan|Río Colorado|Río Verde|Río Santiago|Río Mezquital",
    "estados": "Coahuila|Durango|Chihuahua|Nuevo León|Zacatecas|Sonora|Sinaloa|Jalisco|Michoacán|Guerrero|Oaxaca|Chiapas|Tabasco|Veracruz|Puebla|Tlaxcala|Hidalgo|Querétaro|Guanajuato|Aguascalientes|Nayarit|Colima|Yucatán|Campeche",
    "ciudades": "Saltillo|Monclova|Parras|San Pedro|Viesca|Cuencamé|Mapimí|Lerdo|Acuña|Múzquiz|Piedras Negras|Guadalajara|Mazatlán|Tampico|Mérida|Xalapa|Morelia|León|Celaya|Tepic|Orizaba|Taxco|Puebla|Pachuca",
    "próceres": "Miguel Hidalgo|José María Morelos|Vicente Guerrero|Guadalupe Victoria|Ignacio Allende|Mariano Abasolo|Juan Aldama|Leona Vicario|Josefa Ortiz|Mariano Matamoros|Hermenegildo Galeana|Nicolás Bravo|Ignacio Rayón|Andrés Quintana Roo|Melchor Ocampo|Ignacio Zaragoza|Mariano Escobedo|Santos Degollado|Benito Juárez|Ponciano Arriaga",
    "revolución": "Francisco I. Madero|Venustiano Carranza|Emiliano Zapata|Francisco Villa|Felipe Ángeles|Álvaro Obregón|Aquiles Serdán|Pino Suárez|Belisario Domínguez|Maclovio Herrera|Calixto Contreras|Orestes Pereyra|Toribio Ortega|Eugenio Aguirre Benavides|Raúl Madero|Tomás Urbina|Otilio Montaño|Genovevo de la O|Plan de Guadalupe|Plan de San Luis",
    "planetas": "Mercurio|Venus|Marte|Júpiter|Saturno|Urano|Neptuno|Plutón|Orión|Andrómeda|Pegaso|Casiopea|Sirio|Vega|Antares|Aldebarán|Centauro|Aries|Tauro|Géminis|Cáncer|Leo|Virgo|Libra",
    "aves": "Cenzontle|Gorrión|Jilguero|Ruiseñor|Canario|Golondrina|Paloma|Águila|Halcón|Faisán|Colibrí|Cardenal|Calandria|Garza|Cisne|Pelícano|Gaviota|Flamenco|Quetzal|Tucán",
    "piedras": "Diamante|Rubí|Zafiro|Esmeralda|Topacio|Ámbar|Jade|Turquesa|Ópalo|Granate|Amatista|Perla|Coral|Ónix|Cuarzo|Ágata|Platino|Oro|Plata|Cobre",
    "oficios": "Carpinteros|Herreros|Talabarteros|Panaderos|Alfareros|Albañiles|Impresores|Electricistas|Mineros|Ferrocarrileros|Textileros|Agricultores|Ganaderos|Algodoneros|Molineros|Fundidores|Choferes|Músicos|Canteros|Pintores",
    "santos": "San Marcos|San Lucas|San Mateo|San Juan|San Pedro|San Pablo|San Andrés|San Felipe|San Jorge|San Martín|San José|San Luis|Santa Ana|Santa Rosa|Santa Mónica|Santa Clara|Santa Lucía|Santa Inés|Santa Cruz|Santa Fe",
    "músicos": "Mozart|Chopin|Beethoven|Bach|Vivaldi|Verdi|Wagner|Schubert|Agustín Lara|Juventino Rosas|Manuel M. Ponce|Silvestre Revueltas|Carlos Chávez|José Pablo Moncayo|Blas Galindo|Pedro Infante|Jorge Negrete|Guty Cárdenas|Álvaro Carrillo|Cri-Cri",
    "viñas": "Cabernet|Merlot|Tempranillo|Malbec|Syrah|Moscatel|Chardonnay|Riesling|Garnacha|Nebbiolo|La Vendimia|El Lagar|La Bodega|El Barril|La Cepa|El Sarmiento|La Parra|El Racimo|Casa Grande|Hacienda San Lorenzo",
    "España": "Sevilla|Toledo|Granada|Córdoba|Salamanca|Ávila|Segovia|Burgos|Valencia|Madrid|Zaragoza|Bilbao|Pamplona|Cádiz|Málaga|Santander|Oviedo|León|Almería|Jaén",
    "fechas": "5 de Mayo|16 de Septiembre|20 de Noviembre|1 de Mayo|5 de Febrero|24 de Febrero|10 de Mayo|2 de Abril|21 de Marzo|18 de Marzo|13 de Septiembre|12 de Octubre|15 de Septiembre|6 de Enero|8 de Marzo|30 de Abril",
    "números": "Primera|Segunda|Tercera|Cuarta|Quinta|Sexta|Séptima|Octava|Novena|Décima|Once|Doce|Trece|Catorce|Quince|Dieciséis|Diecisiete|Dieciocho|Diecinueve|Veinte",
}

CENTRE_CALLES = {  # by number of the line west (−) to east (+)
    -9: "Calle Ramón Corona", -8: "Calle Ildefonso Fuentes", -7: "Calle Viesca", -6: "Calle Francisco I. Madero", -5: "Calle Cepeda",
    -4: "Calle Rodríguez", -3: "Calle Valdés Carrillo", -2: "Calle Zaragoza", -1: "Calle Galeana", 0: "Calle Acuña", 1: "Calle Blanco",
    2: "Calle Juan Antonio de la Fuente", 3: "Calle Múzquiz", 4: "Calle Falcón", 5: "Calle Ramos Arizpe", 6: "Calle Leandro Valle", 7: "Calle Leona Vicario",
    8: "Calle García Carrillo", 9: "Calle González Ortega", 10: "Calle Javier Mina", 11: "Calle Jiménez",
}
CENTRE_AVENIDAS = {  # south (−) to north (+)
    -7: "Avenida Presidente Carranza", -6: "Avenida Lerdo de Tejada", -5: "Avenida Victoria", -4: "Avenida Hidalgo", -3: "Avenida Iturbide",
    -2: "Avenida Juárez", -1: "Avenida Morelos", 0: "Avenida Matamoros", 1: "Avenida Allende", 2: "Avenida Abasolo", 3: "Avenida Escobedo",
    4: "Avenida Bravo", 5: "Avenida Corregidora", 6: "Avenida Ocampo", 7: "Avenida Arista", 8: "Avenida Rayón",
}

COLLECTORS = """Avenida Universidad|Calzada de los Nogales|Avenida de las Américas|Calzada Xochimilco|Avenida del Bosque|Calzada San Isidro|Avenida Central|Avenida Tecnológico|Calzada del Valle|
Avenida Los Ángeles|Calzada José Vasconcelos|Avenida Eulalio Gutiérrez|Calzada Santa Fe|Avenida Félix U. Gómez|Avenida Monterrey|Avenida Palmas|Calzada Abastos|Avenida Residencial|Avenida Las Flores|
Calzada Tulipanes|Avenida Miguel Hidalgo|Avenida Guadalupe Victoria|Calzada Las Palmas|Avenida del Parque|Calzada del Sol|Avenida Siglo XXI|Avenida La Laguna|Calzada Algodón|Avenida Nazas|
Calzada El Mezquital|Avenida San Carlos|Avenida Bellavista|Calzada Ferrocarril|Avenida de la Industria|Avenida Obregón|Calzada Cristóbal Colón|Avenida Emiliano Zapata|Avenida Benito Juárez|
Calzada Ramón Méndez|Avenida Los Fresnos|Avenida Feliciano Cobián|Calzada La Joya|Avenida Oriente|Avenida Poniente|Calzada Venustiano Carranza|Avenida Constituyentes|Avenida Artículo 123|
Avenida Ejército Nacional|Calzada del Ejido|Avenida San Ángel|Avenida Valle de las Flores|Calzada Casa Blanca|Avenida Las Torres|Avenida del Canal|Calzada Viñedos|Avenida Anáhuac|
Avenida Plan de Ayala|Calzada Los Pinos|Avenida Cuauhtémoc|Avenida Nueva Laguna|Calzada Francisco Zarco|Avenida Solidaridad|Avenida Magisterio|Calzada Narciso Mendoza|Avenida Juan Pablo II"""


def split(text):
    return [n.strip() for n in text.replace("\n", "").split("|") if n.strip()]
